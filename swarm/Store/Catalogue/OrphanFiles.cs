namespace Swarm.Store;

/// <summary>Data files that no content owns: left by a crash between forgetting a content and deleting its file, or by a lost index.</summary>
internal static class OrphanFiles
{
    /// <summary>The writer's, at its start. Takes the catalogue's lock a file at a time, so that nobody who opens waits for all of them.</summary>
    public static void Delete(DataFolder folder, Catalogue catalogue)
    {
        try
        {
            foreach (var path in folder.DataFiles())
            {
                lock (catalogue.Gate)
                {
                    if (!catalogue.Owns(path))
                    {
                        folder.Delete(path);
                    }
                }
            }
        }
        catch (Exception e) when (StorageFault.IsExpected(e))
        {
            // They cost space, not truth; the next start tries again.
        }
    }
}
