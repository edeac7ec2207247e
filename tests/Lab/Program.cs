using System.Runtime.InteropServices;
using Swarm.Lab;
using Swarm.Lab.Harness;
using Swarm.Lab.Scenarios;

// dotnet run -c Release --project tests/Lab -- SCENARIO[:PART]…|ci|all|list|site [PORT]
var scenarios = Catalogue.All;
if (args is ["list"] or [])
{
    foreach (var scenario in scenarios)
    {
        Console.WriteLine($"{scenario.Name,-22} {scenario.Holds}");
    }

    Console.WriteLine($"{"ci",-22} all but the slowest, one run of each kind");
    Console.WriteLine($"{"all",-22} each of them, with repeated measurements");
    Console.WriteLine($"{"site [PORT]",-22} no test: a site with a film, a slow origin and two seeds, to try the program with by hand");
    return args is [] ? 2 : 0;
}

var repeated = args.Contains("all") || args.Contains("--repeat");
var names = args.Where(a => a is not "--repeat").ToArray();
if (names is not ["site", ..] and not [YarpAlone.Argument, _] && names.Except(["ci", "all"]).FirstOrDefault(n => Named(n) is null) is { } unknown)
{
    Console.Error.WriteLine($"no scenario is called {unknown}; 'list' shows them");
    return 2;
}

IScenario? Named(string name)
{
    var words = name.Split(':', 2);
    var whole = scenarios.FirstOrDefault(s => s.Name == words[0]);
    return words is [_, var part] ? whole?.Part(part) : whole;
}

using var stop = new CancellationTokenSource();
void Stop(PosixSignalContext context)
{
    // The first signal lets the scenario end its processes; the second one kills the lab, and the reaper ends them.
    context.Cancel = !stop.IsCancellationRequested;
    stop.Cancel();
}

using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);
if (names is [YarpAlone.Argument, var origin])
{
    return await YarpAlone.RunAsync(origin, stop.Token);
}

if (names is ["site", ..])
{
    return await new DemoSite(Console.Out).RunAsync(names.ElementAtOrDefault(1), stop.Token);
}

var chosen = names.Contains("all") ? scenarios : names.Contains("ci") ? [.. scenarios.Where(s => s.IsInCi)] : [.. names.Select(n => Named(n)!)];
return await new Runner(Console.Out).RunAsync(chosen, repeated ? Depth.Repeated : Depth.Once, stop.Token);
