namespace Swarm.Store;

/// <summary>Who wants to hear that a block was lost or recovered.</summary>
/// <remarks>Any thread; raised under no lock.</remarks>
internal sealed class StoreEvents
{
    /// <inheritdoc cref="PieceStore.Lost"/>
    public event Action<StoredContent, int>? Lost;

    /// <inheritdoc cref="PieceStore.Recovered"/>
    public event Action<StoredContent, int>? Recovered;

    /// <inheritdoc cref="PieceStore.Room"/>
    public event Action? Room;

    public void RaiseRoom()
    {
        try
        {
            Room?.Invoke();
        }
        catch
        {
            // As below.
        }
    }

    public void RaiseLost(StoredContent content, int block) => Raise(Lost, content, block);

    public void RaiseRecovered(StoredContent content, int block) => Raise(Recovered, content, block);

    private static void Raise(Action<StoredContent, int>? handlers, StoredContent content, int block)
    {
        try
        {
            handlers?.Invoke(content, block);
        }
        catch
        {
            // A listener's failure must not stop the writer or the reader that found the loss.
        }
    }
}
