namespace Swarm.Proxy.Cli;

/// <summary>The terminal that stderr is: how wide, and whether colour is welcome (no-color.org).</summary>
internal sealed class Terminal(bool hasColour)
{
    public bool HasColour => hasColour;

    public static int Columns
    {
        get
        {
            try
            {
                return Console.WindowWidth is > 20 and var columns ? columns : 80;
            }
            catch (IOException)
            {
                return 80;
            }
        }
    }

    /// <summary>Null where stderr is a file, a pipe, a test's writer, or a terminal that can only print lines.</summary>
    public static Terminal? OfStderr(Surroundings surroundings) =>
        ReferenceEquals(surroundings.Error, Console.Error) && !Console.IsErrorRedirected && surroundings.Variable("TERM") is not (null or "dumb")
            ? new(surroundings.Variable("NO_COLOR") is null)
            : null;
}
