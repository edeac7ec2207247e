namespace Swarm.Fuzz;

/// <summary>How a target states its properties.</summary>
public static class FuzzFailure
{
    /// <exception cref="FuzzFailureException">The property does not hold.</exception>
    public static void Unless(bool holds, string property)
    {
        if (!holds)
        {
            throw new FuzzFailureException(property);
        }
    }
}
