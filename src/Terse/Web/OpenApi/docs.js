// Shows the OpenAPI document. Nothing is loaded from other hosts.
Scalar.createApiReference('#app', {
  url: '/openapi/v1.json',
  agent: { disabled: true },
  hideClientButton: true,
  mcp: { disabled: true },
  showDeveloperTools: 'never',
  telemetry: false,
  withDefaultFonts: false,
})
