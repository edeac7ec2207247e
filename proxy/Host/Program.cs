using Swarm.Proxy;
using Swarm.Proxy.Cli;
using Swarm.Proxy.Lifetime;

if (!MachineRounds.HasCryptography)
{
    // The runtime's own word for it ends the process, and names no package. 'doctor' and '--version' do without.
    Console.Error.WriteLine("libssl is not installed, and little works without it: apt-get install libssl3 (dnf install openssl-libs).");
}

return await CommandTree.RunAsync(args, Surroundings.OfProcess(), ProgramParts.All, new ProcessSignals());
