namespace Swarm.Proxy.Cli;

/// <summary>What a process is born into: environment variables, working folder, output. Tests make their own.</summary>
internal sealed record Surroundings(IReadOnlyDictionary<string, string> Variables, string Directory, TextWriter Out, TextWriter Error)
{
    public static Surroundings OfProcess()
    {
        var variables = new Dictionary<string, string>();
        foreach (System.Collections.DictionaryEntry entry in Environment.GetEnvironmentVariables())
        {
            variables[(string)entry.Key] = (string?)entry.Value ?? "";
        }

        return new Surroundings(variables, Environment.CurrentDirectory, Console.Out, Console.Error);
    }

    /// <summary>The variable's value; null when unset or empty.</summary>
    public string? Variable(string name) => Variables.TryGetValue(name, out var value) && value.Length > 0 ? value : null;

    public string FullPath(string path) => Path.GetFullPath(path, Directory);
}
