"""Pages and charts: computed (`compute`), held (`types`) and drawn (`charts`, `page`) apart."""
