// `npm run validate-setup`: the same as `lockstep validate`, with the same options. It only puts the name
// of the command before them, so that there is one program and one set of checks.
process.argv.splice(2, 0, 'validate')
await import('./src/main.ts')

export {}
