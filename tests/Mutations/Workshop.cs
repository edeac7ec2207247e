using System.Text.RegularExpressions;
using System.Xml.Linq;

namespace Swarm.Mutations;

/// <summary>A copy of the checkout in which mutants are made, built and tested; the checkout itself is never touched.</summary>
internal sealed partial class Workshop : IDisposable
{
    private const string Output = "bin/Release/net10.0";
    private const string HttpTests = $"tests/Http.Tests/{Output}/Swarm.Http.Tests.dll";
    private const string ProxyTests = $"tests/Proxy.Tests/{Output}/Swarm.Proxy.Tests.dll";

    /// <summary>A mutant may loop for ever; the tests it is given to take seconds.</summary>
    private static readonly TimeSpan TestLimit = TimeSpan.FromMinutes(10);

    private static readonly TimeSpan BuildLimit = TimeSpan.FromMinutes(15);

    /// <summary>Mutants are compared with each other, not with the house style.</summary>
    private static readonly string[] BuildSwitches =
    [
        "-c", "Release", "-v", "quiet", "-m:1", "-p:RunAnalyzers=false", "-p:GenerateDocumentationFile=false", "-p:TreatWarningsAsErrors=false",
        "-p:EnforceCodeStyleInBuild=false",
    ];

    private readonly string _root;
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("swarm-mutations-");

    public Workshop(string root) => _root = root;

    /// <summary>Copies the checkout, builds the tests and runs them unchanged: what is red already would prove nothing.</summary>
    /// <returns>What is wrong with the checkout; null if all is well.</returns>
    public async Task<string?> OpenAsync(IReadOnlyList<Mutation> mutations)
    {
        var (exit, listed) = await Commands.RunAsync(_root, BuildLimit, "git", "ls-files", "--cached", "--others", "--exclude-standard");
        if (exit != 0)
        {
            return $"git ls-files failed: {string.Join(' ', listed)}";
        }

        foreach (var file in listed.Where(f => File.Exists(Path.Combine(_root, f))))
        {
            var copy = Path.Combine(_folder.FullName, file);
            Directory.CreateDirectory(Path.GetDirectoryName(copy)!);
            File.Copy(Path.Combine(_root, file), copy);
        }

        var classes = mutations.SelectMany(m => m.Classes).Distinct().ToList();
        foreach (var project in classes.Count > 0 ? new[] { "tests/Http.Tests", "tests/Proxy.Tests" } : ["tests/Http.Tests"])
        {
            if (await BuildAsync(project) is { } error)
            {
                return $"{project} does not build: {error}";
            }
        }

        var red = await TestAsync([]);
        if (red.Count == 0 && classes.Count > 0)
        {
            red = await TestAsync(classes);
        }

        return red.Count == 0 ? null : $"red without any change: {string.Join(", ", red)}";
    }

    public async Task<Verdict> TryAsync(Mutation mutation)
    {
        var file = Path.Combine(_folder.FullName, mutation.File);
        var source = File.Exists(file) ? await File.ReadAllTextAsync(file) : "";
        if (mutation.Apply(source) is not { } mutant)
        {
            return new(mutation, Fate.OutOfDate, []);
        }

        // The one assembly that changed is put beside the tests in place of its own: seconds, where a build of all that depends on it takes a minute.
        var (project, assembly) = Owner(file);
        var (tests, built) = (mutation.Classes.Count > 0 ? ProxyTests : HttpTests, Path.Combine(project, Output, assembly));
        var used = Path.Combine(_folder.FullName, Path.GetDirectoryName(tests)!, assembly);
        var sound = await File.ReadAllBytesAsync(used);
        await File.WriteAllTextAsync(file, mutant);
        try
        {
            if (await BuildAsync(project, "--no-restore", "--no-dependencies") is not null)
            {
                return new(mutation, Fate.DoesNotCompile, []);
            }

            File.Copy(built, used, overwrite: true);
            var red = await TestAsync(mutation.Classes);
            return new(mutation, red.Count > 0 ? Fate.Killed : Fate.Survived, red);
        }
        finally
        {
            await File.WriteAllTextAsync(file, source);
            await File.WriteAllBytesAsync(used, sound);
        }
    }

    public void Dispose() => _folder.Delete(recursive: true);

    /// <returns>The folder of the project that a file belongs to, and the name of what it builds.</returns>
    private static (string Project, string Assembly) Owner(string file)
    {
        for (var folder = Path.GetDirectoryName(file)!; ; folder = Path.GetDirectoryName(folder)!)
        {
            if (Directory.GetFiles(folder, "*.csproj") is [var project])
            {
                var name = XDocument.Load(project).Descendants("AssemblyName").SingleOrDefault()?.Value;
                return (folder, $"{name ?? Path.GetFileNameWithoutExtension(project)}.dll");
            }
        }
    }

    /// <returns>The first error; null if it built.</returns>
    private async Task<string?> BuildAsync(string project, params string[] more)
    {
        var (exit, lines) = await Commands.RunAsync(_folder.FullName, BuildLimit, "dotnet", ["build", project, .. BuildSwitches, .. more]);
        return exit == 0 ? null : lines.FirstOrDefault(l => l.Contains("error", StringComparison.Ordinal)) ?? "no answer";
    }

    /// <returns>The tests that failed; something even if their run broke off, or never ended, before it could name them.</returns>
    private async Task<IReadOnlyList<string>> TestAsync(IReadOnlyList<string> classes)
    {
        string[] only = [.. classes.SelectMany(c => new[] { "-class", $"*.{c}" })];
        var (exit, lines) = await Commands.RunAsync(_folder.FullName, TestLimit, "dotnet", [classes.Count > 0 ? ProxyTests : HttpTests, "-noColor", "-stopOnFail", .. only]);
        List<string> red = [.. lines.Select(l => Red().Match(l)).Where(m => m.Success).Select(m => m.Groups[1].Value).Distinct()];
        if (exit == 0 && !lines.Any(l => SomeRan().IsMatch(l)))
        {
            return ["(no test ran)"];
        }

        return exit == 0 || red.Count > 0 ? red : [exit is null ? "(did not end)" : $"(broke off: {(lines.Count > 0 ? lines[^1] : "no word")})"];
    }

    [GeneratedRegex(@"^\s*Swarm\.\w+\.Tests\.(?:\w+\.)*(\w+\.\w+)(?:\(.*\))? \[FAIL\]")]
    private static partial Regex Red();

    [GeneratedRegex(@"Total: [1-9]")]
    private static partial Regex SomeRan();
}
