// Loaded before a program under test (NODE_OPTIONS=--require): the page gives way to everything else on the
// machine, and while all tests run side by side that would be never. Here it runs like any other process.
'use strict'

const { syncBuiltinESMExports } = require('node:module')
const os = require('node:os')

os.setPriority = () => undefined
syncBuiltinESMExports()
