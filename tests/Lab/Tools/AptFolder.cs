namespace Swarm.Lab.Tools;

/// <summary>A folder in which apt keeps all it would keep in the machine's.</summary>
/// <param name="Path">Where it is.</param>
public sealed record AptFolder(string Path)
{
    public string SourceList => In("sources.list");

    public string SourceParts => In("sources.list.d");

    /// <summary>Made as apt finds it on a machine without a package.</summary>
    public static AptFolder Make(string path)
    {
        var apt = new AptFolder(path);
        File.WriteAllText(apt.SourceList, "");
        File.WriteAllText(apt.In("status"), "");
        foreach (var folder in new[] { apt.SourceParts, apt.In("state/lists/partial"), apt.In("cache/archives/partial") })
        {
            Directory.CreateDirectory(folder);
        }

        return apt;
    }

    public IReadOnlyList<string> Command(params IEnumerable<string> arguments) =>
    [
        "apt-get", "-q", "-o", $"Dir::Etc::sourcelist={SourceList}", "-o", $"Dir::Etc::sourceparts={SourceParts}", "-o", $"Dir::State={In("state")}", "-o", $"Dir::State::status={In("status")}",
        "-o", $"Dir::Cache={In("cache")}", "-o", "APT::Sandbox::User=root", "-o", "Acquire::Languages=none", .. arguments,
    ];

    private string In(string name) => System.IO.Path.Combine(Path, name);
}
