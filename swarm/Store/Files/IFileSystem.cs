namespace Swarm.Store;

/// <summary>The file calls the store makes for block data, as a seam: tests fail the Nth one or forget what was not synced.</summary>
/// <remarks>Any thread. Failures are the exceptions of <see cref="System.IO"/>; <see cref="StorageFault"/> alone translates them.</remarks>
public interface IFileSystem
{
    /// <summary>Opens the file, or makes an empty one if there is none.</summary>
    IBlockFile Open(string path);

    bool Exists(string path);

    /// <summary>Deletes the file; no error if there is none.</summary>
    void Delete(string path);

    /// <summary>Names (not paths) of the files in <paramref name="folder"/>; none if the folder does not exist.</summary>
    IReadOnlyList<string> List(string folder);

    /// <summary>Makes the folder and its parents, for this user alone.</summary>
    void CreateFolder(string folder);
}
