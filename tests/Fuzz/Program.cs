using System.Diagnostics;
using System.Globalization;
using Swarm.Fuzz;

var target = args.Length > 0 ? FuzzTargets.Find(args[0]) : null;
var options = new Dictionary<string, long> { ["--seconds"] = 60, ["--seed"] = 1, ["--iteration"] = -1 };
for (var i = 1; i < args.Length; i += 2)
{
    if (!options.ContainsKey(args[i]) || i + 1 >= args.Length || !long.TryParse(args[i + 1], NumberStyles.None, CultureInfo.InvariantCulture, out var value))
    {
        target = null;
        break;
    }

    options[args[i]] = value;
}

if (target is null)
{
    Console.Error.WriteLine("usage: dotnet run --project tests/Fuzz -- TARGET [--seconds N] [--seed N] [--iteration N]");
    Console.Error.WriteLine("targets: " + string.Join(' ', FuzzTargets.All.Select(t => t.Name)));
    return 2;
}

var seed = (ulong)options["--seed"];
if (options["--iteration"] is >= 0 and var only)
{
    var failure = Fuzzer.Try(target, seed, only);
    Console.WriteLine(failure ?? $"{target.Name}: input {only} of seed {seed} passes");
    return failure is null ? 0 : 1;
}

Console.WriteLine($"{target.Name}: seed {seed}, {options["--seconds"]} s, {target.Corpus.Count} inputs to start from");
var watch = Stopwatch.StartNew();
var reported = 0L;
long count = 0;
for (; watch.Elapsed.TotalSeconds < options["--seconds"]; count++)
{
    if (Fuzzer.Try(target, seed, count) is { } failure)
    {
        Console.WriteLine(failure);
        return 1;
    }

    if (watch.ElapsedMilliseconds / 5000 > reported)
    {
        reported = watch.ElapsedMilliseconds / 5000;
        Console.WriteLine($"{watch.Elapsed.TotalSeconds,5:F0} s  {count} inputs  {count / watch.Elapsed.TotalSeconds:F0}/s");
    }
}

Console.WriteLine($"{target.Name}: {count} inputs, none failed");
return 0;
