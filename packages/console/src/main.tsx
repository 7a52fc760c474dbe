/** Where the page begins. */

import { render } from 'preact'
import { App } from './app.tsx'
import { restoreSession } from './session.ts'
import './styles/base.css'
import './styles/controls.css'
import './styles/views.css'
import './styles/transfers.css'

restoreSession()
const root = document.getElementById('app')
if (root) render(<App />, root)
