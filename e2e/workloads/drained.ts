/**
 * The same application with drain-server: one line. Health and the preStop hook are on drain-server's own port, 9909
 * by default.
 */
import { drain } from 'drain-server'
import { createApplication, listen } from './application.ts'

const server = createApplication()
drain(server)
listen(server)
