namespace Swarm.Proxy.Tests;

/// <summary>Runs while nothing else in the process does: the framework's meters are one for all its hosts, and the first host that ends takes their instruments from the others.</summary>
[CollectionDefinition(nameof(AloneCollection), DisableParallelization = true)]
public sealed class AloneCollection;
