using Swarm.Proxy.Cli;

namespace Swarm.Proxy.Seeding;

/// <summary>Looks at the files of a root: which can be published, and which cannot and why. Hidden files are left out, links out of the root are not followed.</summary>
/// <param name="root">The folder, with all links in its own path resolved.</param>
/// <param name="excluded">Folders of ours that may lie inside it.</param>
internal sealed class SiteScan(string root, SiteRules rules, IReadOnlyList<string> excluded)
{
    // A folder that holds itself by a bind mount, or a joke.
    private const int MaxDepth = 64;

    public string Root => root;

    public string FullPath(string path) => Path.Combine(root, path.Replace('/', Path.DirectorySeparatorChar));

    /// <summary>The path inside the root of a file, slash-separated; null if it is not in there.</summary>
    public string? Inside(string fullPath) =>
        Path.GetRelativePath(root, fullPath) is var relative && relative is not ("." or "..") && !relative.StartsWith("../", StringComparison.Ordinal) && !Path.IsPathRooted(relative)
            ? relative.Replace(Path.DirectorySeparatorChar, '/')
            : null;

    /// <summary>True for paths that are none of the site's business.</summary>
    public bool IsLeftOut(string path) => SiteRules.IsLeftOut(path) || IsExcluded(FullPath(path));

    /// <summary>Everything below the root.</summary>
    /// <returns>Null if the root itself cannot be read now.</returns>
    public SiteView? Run(CancellationToken cancellation)
    {
        var view = new SiteView();
        return Walk(root, "", view, 0, cancellation) ? view : null;
    }

    /// <summary>One path that is not left out.</summary>
    public SiteFinding LookAt(string path)
    {
        var full = FullPath(path);
        try
        {
            return Directory.Exists(full) ? new(IsFolder: true) : Judge(path, new FileInfo(full));
        }
        catch (Exception e) when (IsExpected(e))
        {
            return new(Problem: $"it cannot be read: {ErrorText.Of(e)}");
        }
    }

    private static bool IsExpected(Exception e) => e is IOException or UnauthorizedAccessException or ArgumentException or System.Security.SecurityException;

    /// <returns>False if the folder cannot be read.</returns>
    private bool Walk(string folder, string prefix, SiteView view, int depth, CancellationToken cancellation)
    {
        try
        {
            foreach (var entry in new DirectoryInfo(folder).EnumerateFileSystemInfos())
            {
                cancellation.ThrowIfCancellationRequested();
                var path = prefix + entry.Name;
                if (IsLeftOut(path))
                {
                    continue;
                }

                if (entry is not DirectoryInfo)
                {
                    view.Note(path, Judge(path, (FileInfo)entry));
                }
                else if (entry.LinkTarget is not null)
                {
                    view.Note(path, new(Problem: "it is a link to a folder, which is not followed; mount the folder there (mount --bind), or seed it by itself"));
                }
                else if (depth == MaxDepth)
                {
                    view.Note(path, new(Problem: $"it lies more than {MaxDepth} folders deep; move it up"));
                }
                else if (!Walk(entry.FullName, path + "/", view, depth + 1, cancellation))
                {
                    view.Note(path, new(Problem: "the folder cannot be read; give this user the right to, or take it out"));
                }
            }

            return true;
        }
        catch (Exception e) when (IsExpected(e))
        {
            return false;
        }
    }

    private SiteFinding Judge(string path, FileInfo file)
    {
        if (TorrentNames.Problem(path) is { } name)
        {
            return new(Problem: name);
        }

        if (file.LinkTarget is not null && LinkProblem(file) is { } link)
        {
            return new(Problem: link);
        }

        // No regular file, or gone since: nothing to say.
        return FileStat.Read(file.FullName) is not { } stamp ? default
            : rules.IsTooSmall(stamp.Bytes) ? new(IsSmall: true)
            : stamp.Bytes == 0 ? new(Problem: "it is empty: there is nothing to share; fill it or take it out")
            : new(Stamp: stamp);
    }

    private string? LinkProblem(FileInfo link)
    {
        try
        {
            return link.ResolveLinkTarget(returnFinalTarget: true) is { } target && Inside(target.FullName) is { } inside && !IsLeftOut(inside)
                ? null
                : "it is a link that leads out of the folder, or to a hidden file, which is not followed; put the file itself there";
        }
        catch (IOException)
        {
            return "it is a link that leads in a circle; mend it or take it out";
        }
    }

    private bool IsExcluded(string full) => excluded.Any(e => full == e || full.StartsWith(e + Path.DirectorySeparatorChar, StringComparison.Ordinal));
}
