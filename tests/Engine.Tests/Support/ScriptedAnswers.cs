namespace Swarm.Engine.Tests;

/// <summary>What a server of the test was asked, what it answered with, and when it may answer.</summary>
/// <typeparam name="TAsked">A request.</typeparam>
internal abstract class ScriptedAnswers<TAsked>
{
    private readonly Lock _gate = new();
    private readonly List<TAsked> _asked = [];
    private readonly List<ScriptedBody> _bodies = [];

    /// <summary>Requests wait for it.</summary>
    public Task Gate { get; set; } = Task.CompletedTask;

    public IReadOnlyList<TAsked> Asked
    {
        get
        {
            lock (_gate)
            {
                return [.. _asked];
            }
        }
    }

    public IReadOnlyList<ScriptedBody> Bodies
    {
        get
        {
            lock (_gate)
            {
                return [.. _bodies];
            }
        }
    }

    /// <summary>Waits for the gate; the number of the request, from 0.</summary>
    protected async ValueTask<int> AskAsync(TAsked request, CancellationToken cancel)
    {
        int number;
        lock (_gate)
        {
            number = _asked.Count;
            _asked.Add(request);
        }

        await Gate.WaitAsync(cancel);
        return number;
    }

    protected void Note(ScriptedBody body)
    {
        lock (_gate)
        {
            _bodies.Add(body);
        }
    }
}
