using System.Numerics;
using Swarm.Core;
using Swarm.Protocol;

namespace Swarm.Proxy.Cli;

/// <summary>What is to be hashed into a new torrent: the files with their paths inside it, checked before any byte is read.</summary>
/// <param name="Name">The file's or folder's name in the torrent.</param>
/// <param name="Files">In tree order.</param>
internal sealed record TorrentPlan(string Name, IReadOnlyList<PlannedFile> Files)
{
    // Pieces are what v1 peers verify and what HAVE messages count; v2 verifies 16 KiB whatever their length.
    private const int PiecesWanted = 2000;
    private const int LeastPieceBytes = 256 << 10;
    private const int LargestPieceBytes = 16 << 20;

    public bool IsSingleFile => Files.Count == 1 && Files[0].Path == Name;

    public long TotalBytes => Files.Sum(f => f.Bytes);

    /// <summary>A piece length that gives about two thousand pieces, 256 KiB at least.</summary>
    public int UsualPieceBytes() => UsualPieceBytes(TotalBytes);

    /// <summary>The same for content of any length.</summary>
    public static int UsualPieceBytes(long totalBytes)
    {
        var wanted = Math.Clamp(totalBytes / PiecesWanted, LeastPieceBytes, LargestPieceBytes);
        return (int)BitOperations.RoundUpToPowerOf2((uint)wanted);
    }

    /// <summary>Why pieces cannot be so long, or null.</summary>
    public static string? PieceLengthProblem(long bytes) =>
        bytes >= PieceLayout.BlockSize && bytes <= MetainfoLimits.Default.MaxPieceLength && BitOperations.IsPow2(bytes)
            ? null
            : $"--piece-length: {bytes} bytes is no power of two from 16KiB to {MetainfoLimits.Default.MaxPieceLength >> 20}MiB; 256KiB to 4MiB suit most content.";

    /// <summary>Looks at a file or a folder with all below it. Links below it are refused: they may lead anywhere, or in a circle.</summary>
    /// <param name="problem">A sentence for the user.</param>
    public static TorrentPlan? TryMake(string path, string? name, out string? problem)
    {
        path = Path.TrimEndingDirectorySeparator(path);
        name ??= Path.GetFileName(path);
        try
        {
            problem = NameProblem(name, "--name");
            if (problem is not null)
            {
                return null;
            }

            if (File.Exists(path))
            {
                return Checked(new(name, [new(path, name, new FileInfo(path).Length)]), path, out problem);
            }

            if (!Directory.Exists(path))
            {
                problem = $"{path} does not exist; name a file or a folder.";
                return null;
            }

            var files = new List<PlannedFile>();
            problem = Walk(path, "", files);
            files.Sort((a, b) => TreeOrder.Instance.Compare(a.Path, b.Path));
            return problem is null ? Checked(new(name, files), path, out problem) : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException or System.Security.SecurityException)
        {
            problem = $"{path} cannot be read: {ErrorText.Of(e)}.";
            return null;
        }
    }

    private static TorrentPlan? Checked(TorrentPlan plan, string path, out string? problem)
    {
        problem = plan switch
        {
            { Files.Count: 0 } => $"{path} is an empty folder; a torrent needs a file.",
            { TotalBytes: 0 } => $"{path} holds no bytes; a torrent needs some.",
            { IsSingleFile: true } when Directory.Exists(path) => $"{path} and the only file in it have the same name, which clients take for a lone file; give the file itself, or another --name.",
            { Files.Count: var count } when count > MetainfoLimits.Default.MaxFiles => $"{path} holds {count} files, a torrent {MetainfoLimits.Default.MaxFiles} at most; make several.",
            _ => null,
        };
        return problem is null ? plan : null;
    }

    private static string? Walk(string folder, string prefix, List<PlannedFile> files)
    {
        foreach (var entry in new DirectoryInfo(folder).EnumerateFileSystemInfos())
        {
            var inside = prefix + entry.Name;
            if (entry.LinkTarget is not null)
            {
                return $"{entry.FullName} is a symbolic link; replace it by what it points to, or move it out.";
            }

            if (NameProblem(inside, entry.FullName) is { } odd)
            {
                return odd;
            }

            if (entry is DirectoryInfo)
            {
                if (Walk(entry.FullName, inside + "/", files) is { } problem)
                {
                    return problem;
                }
            }
            else
            {
                files.Add(new(entry.FullName, inside, ((FileInfo)entry).Length));
            }
        }

        return null;
    }

    private static string? NameProblem(string inside, string where) =>
        TorrentNames.Problem(inside) is { } problem ? $"{TorrentNames.Shown(where)}: {problem}." : null;
}
