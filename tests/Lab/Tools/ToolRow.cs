using Swarm.Lab.Harness;

namespace Swarm.Lab.Tools;

/// <summary>A tool, what a person types to get something with it, and how to tell that it got what the origin has.</summary>
/// <param name="Commands">Typed one after another; each has to end with 0.</param>
public sealed record ToolRow(Tool Tool, Func<ToolRun, IReadOnlyList<IReadOnlyList<string>>> Commands, Func<ToolRun, bool> Got)
{
    public ToolRow(Tool tool, Func<ToolRun, IReadOnlyList<string>> command, Func<ToolRun, bool> got)
        : this(tool, run => [command(run)], got)
    {
    }

    /// <summary>What <c>--direct</c> has to say so that an origin on this machine goes through the proxy at all.</summary>
    public string Direct { get; init; } = "";

    /// <summary>Makes what the run needs in its folder.</summary>
    public Action<ToolRun> Before { get; init; } = static _ => { };

    /// <summary>Why the tool does not use the proxy on this machine; null if it does.</summary>
    public Func<string?> Unable { get; init; } = static () => null;
}
