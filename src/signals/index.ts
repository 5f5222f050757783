/**
 * What we hear of a rollout: requests and errors, scraped from drain-server in the pods or asked of a Prometheus, as
 * readings for a verdict. A signal that is down, slow or lying is a reading too: it says that nothing is known, and why.
 */
export {}
