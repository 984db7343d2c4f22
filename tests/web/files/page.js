document.title = 'Lockstep'
