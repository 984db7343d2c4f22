// Loaded before a program that is watched (NODE_OPTIONS=--require): now and then it writes down what the
// program's memory holds after a full collection, and how many things keep it awake. From outside a process
// neither can be told from what merely was not collected yet. What the compiler has made of the program is
// left out: it goes on compiling for an hour, a megabyte in a quarter of it, and the program keeps none of that.
'use strict'

const { renameSync, writeFileSync } = require('node:fs')
const { getHeapSpaceStatistics, setFlagsFromString } = require('node:v8')
const { runInNewContext } = require('node:vm')
const { isMainThread } = require('node:worker_threads')

const file = process.env.VITALS_FILE

function write(collect) {
  collect()
  const { heapTotal, heapUsed: used, external } = process.memoryUsage()
  const compiled = getHeapSpaceStatistics()
    .filter(({ space_name: name }) => /^(code|trusted)_/.test(name))
    .reduce((sum, { space_used_size: size }) => sum + size, 0)
  const heapUsed = used - compiled
  const handles = process.getActiveResourcesInfo().length
  writeFileSync(
    `${file}.unfinished`,
    JSON.stringify({ pid: process.pid, heapTotal, heapUsed, external, handles }),
  )
  renameSync(`${file}.unfinished`, file)
}

if (isMainThread && file !== undefined) {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc')
  setInterval(() => write(collect), Number(process.env.VITALS_EVERY_MS)).unref()
}
