using Swarm.Proxy;
using Swarm.Proxy.Cli;
using Swarm.Proxy.Lifetime;

if (OpenFilesCheck.ObstacleToAnything(MachineRounds.OpenFilesMax()) is { } obstacle)
{
    // The next library could not be loaded, and the runtime's own word for that is a type and a trace.
    Console.Error.WriteLine(obstacle);
    return ExitCode.Failure;
}

if (!MachineRounds.HasCryptography)
{
    // The runtime's own word for it ends the process, and names no package. 'doctor' and '--version' do without.
    Console.Error.WriteLine("libssl is not installed, and little works without it: apt-get install libssl3 (dnf install openssl-libs).");
}

return await CommandTree.RunAsync(args, Surroundings.OfProcess(), ProgramParts.All, new ProcessSignals());
