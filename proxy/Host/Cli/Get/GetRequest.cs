namespace Swarm.Proxy.Cli;

/// <summary>What a <c>get</c> was asked for, checked: what cannot be is said before anything is fetched.</summary>
/// <param name="Output">Full path of <c>-o</c>; null without it.</param>
/// <param name="ToStdout">Whether it is <c>-o -</c>.</param>
/// <param name="Sha256">Lower-case hex.</param>
internal sealed record GetRequest(IReadOnlyList<TargetText> Targets, string? Output, bool ToStdout, string? Sha256, bool Json)
{
    /// <summary>Addresses in one list: more than any person writes, little enough to hold.</summary>
    private const int TargetsMax = 100_000;

    /// <summary>True if <c>-o</c> names a folder whatever is fetched.</summary>
    public bool IntoFolder { get; init; }

    public static async Task<(GetRequest? Request, string? Problem)> ReadAsync(
        IReadOnlyList<string> addresses, string? list, string? output, string? sha256, bool json, Surroundings surroundings, CancellationToken cancellation)
    {
        var texts = addresses.ToList();
        if (list is not null && await ReadListAsync(list, texts, surroundings, cancellation) is { } unreadable)
        {
            return (null, unreadable);
        }

        if (texts.Count == 0)
        {
            return (null, $"get: name {TargetText.Forms}, or a list of them with -i LIST.");
        }

        var targets = new List<TargetText>(texts.Count);
        foreach (var text in texts)
        {
            var (target, problem) = TargetText.Parse(text, surroundings);
            if (target is null)
            {
                return (null, "get: " + problem);
            }

            targets.Add(target);
        }

        if (sha256 is not null && (sha256.Length != 64 || !sha256.All(char.IsAsciiHexDigit)))
        {
            return (null, $"--sha256: '{sha256}' is not a SHA-256; write its 64 hex digits.");
        }

        if (targets.Count > 1 && (sha256 is not null || output == "-"))
        {
            return (null, sha256 is not null ? "--sha256 is for one file; name one address." : "-o - takes one file; name one address.");
        }

        var stdout = output == "-";
        var path = output is null || stdout ? null : surroundings.FullPath(output);
        return (new(targets, path, stdout, sha256?.ToLowerInvariant(), json)
        {
            IntoFolder = path is not null && (targets.Count > 1 || Directory.Exists(path) || Path.EndsInDirectorySeparator(output!)),
        }, null);
    }

    private static async Task<string?> ReadListAsync(string list, List<string> into, Surroundings surroundings, CancellationToken cancellation)
    {
        try
        {
            using var reader = list == "-" ? new StreamReader(Console.OpenStandardInput()) : new StreamReader(surroundings.FullPath(list));
            while (await reader.ReadLineAsync(cancellation) is { } line)
            {
                if (line.Trim() is { Length: > 0 } text && text[0] != '#')
                {
                    into.Add(text);
                }

                if (into.Count > TargetsMax)
                {
                    return $"-i {list}: more than {TargetsMax} addresses; split the list.";
                }
            }

            return null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return $"-i {list}: cannot be read: {ErrorText.Of(e)}.";
        }
    }
}
