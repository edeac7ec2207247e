using Swarm.Engine.Receipts;

namespace Swarm.Proxy.Cli;

/// <summary>Can the node keep what it fetches?</summary>
internal sealed class FolderCheck : IDoctorCheck
{
    private const string Topic = "disk";

    /// <summary>A film: with less there is nothing to keep for the next viewer.</summary>
    private const long RoomyBytes = 2L << 30;

    public IEnumerable<DoctorLine> Look(DoctorFacts facts) => facts.Folders.Select(static folder => folder switch
    {
        { Problem: { } problem } => DoctorLine.Bad(Topic, $"{folder.Purpose}: {folder.Path} cannot be written: {problem}", Fix(folder.Trouble)),
        { FreeBytes: < RoomyBytes and var free } => DoctorLine.Hint(Topic, $"{folder.Purpose}: {PlainUnits.Size(free)} free in {folder.Path}", "free some, choose another disk with --data DIR, or bound the store with --quota SIZE"),
        _ => DoctorLine.Good(Topic, $"{folder.Purpose}: {folder.Path}{(folder.FreeBytes is { } free ? $", {PlainUnits.Size(free)} free" : "")}"),
    });

    private static string Fix(FolderTrouble trouble) => trouble switch
    {
        FolderTrouble.Full => "free some ('df -h' and 'df -i' show what is used up), or choose a folder on another disk with --data DIR",
        FolderTrouble.ReadOnly => "choose a folder on another disk with --data DIR, or mount this one to be written",
        FolderTrouble.FileInTheWay => "move that file away, or choose another folder with --data DIR",
        _ => "give it to this user, or choose another folder with --data DIR",
    };
}
