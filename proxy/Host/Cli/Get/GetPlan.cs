using Swarm.Protocol;
using Swarm.Proxy.Control;

namespace Swarm.Proxy.Cli;

/// <summary>The files of a <c>get</c> and where each goes; null is standard output.</summary>
/// <param name="Refused">Targets of which nothing can be fetched; each was said.</param>
internal sealed record GetPlan(IReadOnlyList<(GetItem Item, string? Path)> Files, int Refused, bool HasUrls)
{
    public static async Task<GetPlan> MakeAsync(GetRequest request, NodeSeat seat, Surroundings surroundings, GetProgress progress, CancellationToken cancellation)
    {
        var files = new List<(GetItem, string?)>();
        var taken = new HashSet<string>(StringComparer.Ordinal);
        var refused = 0;
        foreach (var target in request.Targets)
        {
            if (await AddAsync(target) is { } problem)
            {
                refused++;
                progress.Say(problem);
            }
        }

        return new(files, refused, request.Targets.Any(t => t.Kind == TargetKind.Url));

        async Task<string?> AddAsync(TargetText target)
        {
            if (target.Kind == TargetKind.Url)
            {
                return Place(GetItem.OfUrl(target), target.SuggestedName());
            }

            if (target.Kind == TargetKind.Magnet)
            {
                progress.Seeks(Bep53Magnet.TryParse(target.Text, out var magnet, out _) && magnet.DisplayName is { } name ? name : "magnet");
            }

            var answer = await TorrentGiver.GiveAsync(seat.Client, target, keep: false, cancellation);
            progress.End();
            return answer.Value is not { } torrent ? answer.Problem : PlaceAll(target, torrent);
        }

        string? PlaceAll(TargetText target, TorrentView torrent)
        {
            if (torrent.Files.Count > 1 && (request.ToStdout || request.Sha256 is not null))
            {
                return $"{target.Text}: the torrent has {torrent.Files.Count} files; {(request.ToStdout ? "-o -" : "--sha256")} takes one.";
            }

            // A torrent of several files is a folder of its name, as every client lays it out.
            var single = torrent.Files is [var only] && only.Path == torrent.Name;
            var folder = single ? "" : TargetText.Harmless(torrent.Name);
            var named = !single && request.Output is not null && !request.IntoFolder;
            foreach (var file in torrent.Files)
            {
                var parts = file.Path.Split('/').Select(TargetText.Harmless).ToArray();
                var relative = Path.Combine(named || single ? parts : [folder, .. parts]);
                if (Place(GetItem.OfTorrentFile(target, torrent.Infohash, file.Path, file.Url), relative, inFolder: named) is { } problem)
                {
                    return problem;
                }
            }

            return null;
        }

        string? Place(GetItem item, string name, bool inFolder = false)
        {
            if (request.ToStdout)
            {
                files.Add((item, null));
                return null;
            }

            var path = request.Output is not { } output ? Path.Combine(surroundings.Directory, name)
                : request.IntoFolder || inFolder ? Path.Combine(output, name)
                : output;
            if (!taken.Add(path))
            {
                return $"{item.Source}: {path} is another address's file already; fetch it alone with -o FILE.";
            }

            if (Directory.Exists(path))
            {
                return $"{path} is a folder; name another file with -o FILE.";
            }

            // Only a name that was typed may replace a file.
            if (request.Output is null && File.Exists(path))
            {
                return $"{path} exists; delete it, or name it with -o to replace it.";
            }

            try
            {
                Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                return $"{Path.GetDirectoryName(path)} cannot be made: {ErrorText.Of(e)}.";
            }

            files.Add((item, path));
            return null;
        }
    }
}
