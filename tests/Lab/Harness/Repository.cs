namespace Swarm.Lab.Harness;

/// <summary>The checkout the lab was built from.</summary>
public static class Repository
{
    public static string Root { get; } = Find();

    private static string Find()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "Swarm.sln")))
            {
                return folder.FullName;
            }
        }

        throw new LabException("no Swarm.sln above the lab's binaries");
    }
}
