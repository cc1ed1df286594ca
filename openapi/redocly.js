// Teach redocly `x-events`, which names the schema of the JSON in each kind of event of an event stream.
const withEvents = ({ MediaType, ...types }) => ({
  ...types,
  MediaType: { ...MediaType, properties: { ...MediaType.properties, 'x-events': 'NamedSchemas' } },
})

module.exports = () => ({ id: 'events', typeExtension: { oas3: withEvents } })
