#!/usr/bin/env node
// What npm links as `cccd`; the program itself is built to dist (npm run build).
import './dist/cccd.js'
