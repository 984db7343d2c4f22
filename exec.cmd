@rem Lets the npm scripts begin with "exec" on Windows too; why they do is in docs/decisions/carried-node.md
@%*
