namespace Swarm.Store;

/// <summary>
/// The identity of this boot of the machine: after a power loss it is another one, which is how the store knows that
/// writes it never synced may be gone. Linux has one; elsewhere there is none and every start counts as unclean.
/// </summary>
internal static class BootId
{
    // random(4)
    private const string ProcFile = "/proc/sys/kernel/random/boot_id";

    public static string? Current()
    {
        if (!OperatingSystem.IsLinux())
        {
            return null;
        }

        try
        {
            return File.ReadAllText(ProcFile).Trim() is { Length: > 0 } id ? id : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
