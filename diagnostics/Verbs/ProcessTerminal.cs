namespace Swarm.Diagnostics.Verbs;

/// <summary>The terminal of this process.</summary>
internal sealed class ProcessTerminal : ITerminal
{
    private const int DefaultWidth = 120;
    private const int DefaultHeight = 40;

    public int Width => Size(static () => Console.WindowWidth, DefaultWidth);

    public int Height => Size(static () => Console.WindowHeight, DefaultHeight);

    public static ITerminal? TryOpen() => Console.IsOutputRedirected || Console.IsInputRedirected ? null : new ProcessTerminal();

    public char? Key()
    {
        try
        {
            return Console.KeyAvailable ? Console.ReadKey(intercept: true).KeyChar : null;
        }
        catch (InvalidOperationException)
        {
            return null;
        }
    }

    private static int Size(Func<int> ask, int otherwise)
    {
        try
        {
            return ask() is > 0 and var size ? size : otherwise;
        }
        catch (IOException)
        {
            return otherwise;
        }
    }
}
