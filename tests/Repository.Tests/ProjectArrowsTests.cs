using System.Xml.Linq;

namespace Swarm.Repository.Tests;

/// <summary>Who may know whom: the arrows between the projects, as README's layout draws them. A new arrow is a decision, so it is made here too.</summary>
public sealed class ProjectArrowsTests
{
    private static readonly Dictionary<string, string[]> Arrows = new()
    {
        ["Swarm.Core"] = [],
        ["Swarm.Protocol"] = ["Swarm.Core"],
        ["Swarm.Store"] = ["Swarm.Core"],
        ["Swarm.Peer"] = ["Swarm.Core", "Swarm.Protocol"],
        ["Swarm.Discovery"] = ["Swarm.Core", "Swarm.Protocol"],
        ["Swarm.Engine"] = ["Swarm.Core", "Swarm.Discovery", "Swarm.Peer", "Swarm.Protocol", "Swarm.Store"],
        ["Swarm.Http"] = ["Swarm.Core"],
        ["Swarm.Proxy"] = ["Swarm.Diagnostics.Analysis", "Swarm.Diagnostics.Tcp", "Swarm.Diagnostics.Verbs", "Swarm.Engine", "Swarm.Http"],
        ["Swarm.Diagnostics.Analysis"] = [],
        ["Swarm.Diagnostics.Tcp"] = ["Swarm.Diagnostics.Analysis"],
        ["Swarm.Diagnostics.Verbs"] = ["Swarm.Diagnostics.Analysis", "Swarm.Diagnostics.Tcp"],
        ["Swarm.Diagnostics.Cli"] = ["Swarm.Diagnostics.Verbs"],
    };

    private static readonly string[] Diagnostics = ["Swarm.Diagnostics.Analysis", "Swarm.Diagnostics.Tcp"];

    /// <summary>May take the diagnostics in, for its own connections.</summary>
    private static readonly string[] MayDiagnose = ["Swarm.Engine"];

    private static IEnumerable<string> ProductProjects =>
        Checkout.Files.Where(f => f.EndsWith(".csproj", StringComparison.Ordinal) && !f.StartsWith("tests/", StringComparison.Ordinal));

    [Fact]
    public void EveryProductProject_IsInTheTable()
    {
        var projects = ProductProjects.Select(NameOf).ToList();
        Assert.NotEmpty(projects);
        Assert.All(projects, p => Assert.True(Arrows.ContainsKey(p), $"{p} has no place in the layout"));
    }

    [Fact]
    public void EveryProductProject_ReferencesExactlyWhatTheLayoutSays()
    {
        foreach (var project in ProductProjects)
        {
            var name = NameOf(project);
            var references = References(project);
            if (MayDiagnose.Contains(name))
            {
                references = [.. references.Except(Diagnostics)];
            }

            Assert.True(
                references.SequenceEqual(Arrows[name]),
                $"{name} references [{string.Join(", ", references)}], the layout says [{string.Join(", ", Arrows[name])}]");
        }
    }

    [Fact]
    public void Arrows_HaveNoCycle()
    {
        var graph = Checkout.Files.Where(f => f.EndsWith(".csproj", StringComparison.Ordinal)).ToDictionary(NameOf, References);
        var done = new HashSet<string>();
        void Visit(string name, IReadOnlyList<string> path)
        {
            Assert.False(path.Contains(name), $"a cycle: {string.Join(" → ", path)} → {name}");
            if (done.Contains(name))
            {
                return;
            }

            foreach (var next in graph[name])
            {
                Visit(next, [.. path, name]);
            }

            done.Add(name);
        }

        foreach (var name in graph.Keys)
        {
            Visit(name, []);
        }
    }

    [Fact]
    public void NoProductProject_ReferencesATest()
    {
        var tests = Checkout.Under("tests/", ".csproj").Select(NameOf).ToHashSet();
        Assert.NotEmpty(tests);
        Assert.All(ProductProjects, p => Assert.Empty(References(p).Intersect(tests)));
    }

    [Fact]
    public void EveryProject_IsInTheSolution_AndLocksItsPackages()
    {
        var solution = Checkout.Read("Swarm.sln").Replace('\\', '/');
        foreach (var project in Checkout.Files.Where(f => f.EndsWith(".csproj", StringComparison.Ordinal)))
        {
            Assert.Contains(project, solution, StringComparison.Ordinal);
            Assert.Contains(Path.GetDirectoryName(project) + "/packages.lock.json", Checkout.Files);
        }
    }

    private static string NameOf(string project) => Path.GetFileNameWithoutExtension(project);

    private static List<string> References(string project) =>
        [.. XDocument.Parse(Checkout.Read(project)).Descendants("ProjectReference")
            .Select(r => NameOf(r.Attribute("Include")!.Value.Replace('\\', '/'))).Order(StringComparer.Ordinal)];
}
