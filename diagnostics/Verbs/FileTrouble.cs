namespace Swarm.Diagnostics.Verbs;

/// <summary>What went wrong with a file, in words without types, traces or line breaks.</summary>
internal static class FileTrouble
{
    public static bool Is(Exception e) => e is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException;

    public static string Of(Exception e) => e switch
    {
        FileNotFoundException or DirectoryNotFoundException => "it does not exist",
        UnauthorizedAccessException => "permission denied",
        _ => e.Message.ReplaceLineEndings(" ").TrimEnd('.', ' '),
    };
}
