namespace Swarm.Protocol.Tests;

/// <summary>Finds the golden files beside the sources, from wherever the tests were built to.</summary>
internal static class Golden
{
    public static string Folder(string area)
    {
        for (var at = new DirectoryInfo(AppContext.BaseDirectory); at is not null; at = at.Parent)
        {
            var folder = Path.Combine(at.FullName, "tests", "golden", area);
            if (Directory.Exists(folder))
            {
                return folder;
            }
        }

        throw new DirectoryNotFoundException($"tests/golden/{area} above {AppContext.BaseDirectory}");
    }

    public static byte[] Torrent(string name) => File.ReadAllBytes(Path.Combine(Folder("metainfo"), name + ".torrent"));

    /// <summary>The cases of a file of blocks <c>input ---- expected</c>, set apart by lines of <c>====</c>; a first line <c># …</c> names each.</summary>
    public static IEnumerable<(string Name, string Input, string Expected)> Cases(string area, string file)
    {
        foreach (var block in File.ReadAllText(Path.Combine(Folder(area), file)).Split("\n====\n"))
        {
            var halves = block.Split("\n----\n");
            var lines = halves[0].Trim('\n').Split('\n', 2);
            yield return (lines[0].TrimStart('#', ' '), lines.Length > 1 ? lines[1] : "", halves[1].Trim('\n'));
        }
    }
}
