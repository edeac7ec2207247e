namespace Swarm.Peer.Tests;

/// <summary>A file of cases: <c># name</c>, hex bytes, <c>----</c>, what is expected; blank lines between. Under tests/golden/peer-wire.</summary>
internal static class GoldenFile
{
    public static IEnumerable<(string Name, byte[] Bytes, string Expected)> Read(string file)
    {
        var text = File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "golden", "peer-wire", file)).ReplaceLineEndings("\n");
        foreach (var entry in text.Split("\n\n").Skip(1))
        {
            var parts = entry.Trim('\n').Split("\n----\n");
            var head = parts[0].Split('\n');
            yield return (head[0][2..], Convert.FromHexString(string.Concat(head[1..]).Replace(" ", "", StringComparison.Ordinal)), parts[1]);
        }
    }

    /// <summary>The names of all cases, for a theory: a failure names its case.</summary>
    public static TheoryData<string> Names(string file) => [.. Read(file).Select(c => c.Name)];

    public static (byte[] Bytes, string Expected) Case(string file, string name) =>
        Read(file).Where(c => c.Name == name).Select(c => (c.Bytes, c.Expected)).Single();
}
