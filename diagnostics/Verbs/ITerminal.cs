namespace Swarm.Diagnostics.Verbs;

/// <summary>A terminal with a person at it.</summary>
public interface ITerminal
{
    int Width { get; }

    int Height { get; }

    /// <summary>The key that was pressed since the last question; null when none was.</summary>
    char? Key();
}
