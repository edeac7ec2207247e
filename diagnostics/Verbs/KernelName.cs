namespace Swarm.Diagnostics.Verbs;

/// <summary>The running kernel, as it calls itself.</summary>
public static class KernelName
{
    public static string Text()
    {
        try
        {
            return "Linux " + File.ReadAllText("/proc/sys/kernel/osrelease").Trim();
        }
        catch (Exception e) when (FileTrouble.Is(e))
        {
            return Environment.OSVersion.VersionString;
        }
    }
}
