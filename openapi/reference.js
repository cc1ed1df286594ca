// The reference shows an event stream as it comes over the wire: an example of `data` becomes an event's text.
const asEvents = {
  MediaType: {
    leave(mediaType, { key, resolve }) {
      if (key !== 'text/event-stream') return
      for (const [name, example] of Object.entries(mediaType.examples)) {
        const { summary, value } = resolve(example).node ?? example
        mediaType.examples[name] = { summary, value: `data: ${JSON.stringify(value)}\n\n` }
      }
    },
  },
}

module.exports = () => ({ id: 'reference', decorators: { oas3: { 'as-events': () => asEvents } } })
