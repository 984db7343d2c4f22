// Loaded before a program under test (NODE_OPTIONS=--require): its machine has another time of day, so that
// it runs on the morning of a trading day, and a restart finds the next window of one-time codes at once.
'use strict'

const moved = Number(process.env.MOVED_CLOCK_MS)
const real = Date.now
Date.now = () => real() + moved
