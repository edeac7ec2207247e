using Swarm.Proxy;
using Swarm.Proxy.Cli;
using Swarm.Proxy.Lifetime;

return await CommandTree.RunAsync(args, Surroundings.OfProcess(), ProgramParts.All, new ProcessSignals());
