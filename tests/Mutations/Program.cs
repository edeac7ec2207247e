using Swarm.Mutations;

var root = new DirectoryInfo(AppContext.BaseDirectory);
while (root is not null && !File.Exists(Path.Combine(root.FullName, "Swarm.sln")))
{
    root = root.Parent;
}

var all = Mutation.ReadAll(Path.Combine(AppContext.BaseDirectory, "rules"));
var chosen = all.Where(m => args.Length == 0 || args.Any(a => m.Rule.Contains(a, StringComparison.OrdinalIgnoreCase) || m.Section.Contains(a, StringComparison.Ordinal) || m.File.Contains(a, StringComparison.Ordinal))).ToList();
if (root is null || chosen.Count == 0)
{
    Console.Error.WriteLine("usage: dotnet run -c Release --project tests/Mutations -- [PART OF A RULE, SECTION OR FILE …]");
    return 2;
}

Console.WriteLine($"{chosen.Count} of {all.Count} mutants; first the tests unchanged");
using var workshop = new Workshop(root.FullName);
if (await workshop.OpenAsync(chosen) is { } trouble)
{
    Console.WriteLine(trouble);
    return 1;
}

var survivors = 0;
foreach (var mutation in chosen)
{
    var verdict = await workshop.TryAsync(mutation);
    survivors += verdict.Fate == Fate.Killed ? 0 : 1;
    Console.WriteLine($"| {mutation.Section} | {mutation.Rule} | {(verdict.Fate == Fate.Killed ? $"`{verdict.Red[0]}`" : verdict.Fate)} |");
}

Console.WriteLine($"{chosen.Count - survivors} of {chosen.Count} turned a test red");
return survivors == 0 ? 0 : 1;
