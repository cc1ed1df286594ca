// Show each example of an event stream in the reference as the text of an event (`data: {...}`).
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
