// The broker's official client in a process of its own, told by messages what to call. Its own process,
// because it writes its log into the working directory, keeps listeners in module state, and can end the
// process by itself. `survives` swallows the failure that would do so, for tests of everything else.
'use strict'

const { SmartAPI, WSOrderUpdates } = require('smartapi-javascript')
const { CONSTANTS } = require('smartapi-javascript/config/constant')

const { apiKey, root, feed, timeoutMs, survives } = JSON.parse(process.argv[2])

if (survives) process.on('unhandledRejection', () => undefined)
CONSTANTS.wsclientupdatesURL = feed

const client = new SmartAPI({ api_key: apiKey, root, timeout: timeoutMs })

/** Listens for one account, and reports every frame under the name given here. */
async function listen(name, clientcode, jwttoken, feedtype) {
  const updates = new WSOrderUpdates({ clientcode, jwttoken, apikey: apiKey, feedtype })
  updates.on('tick', (text) => process.send({ kind: 'frame', name, text: String(text) }))
  await updates.connect()
  return null
}

process.on('message', async ({ number, method, args }) => {
  const result = await (method === 'listen' ? listen(...args) : client[method](...args))
  process.send({ kind: 'result', number, result })
})

process.send({ kind: 'ready' })
