namespace Swarm.Proxy.Cli;

/// <summary>A download to standard output or a device: what is out cannot be taken back.</summary>
internal sealed class StreamOutput(Stream stream, string name) : GetOutput
{
    public override bool CanRestart => Bytes == 0;

    public override string Name => name;

    public override async ValueTask FinishAsync(CancellationToken cancellation) => await stream.FlushAsync(cancellation);

    public override void Keep()
    {
    }

    public override void Discard()
    {
    }

    public override async ValueTask DisposeAsync()
    {
        await stream.DisposeAsync();
        await base.DisposeAsync();
    }

    protected override ValueTask PutAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellation) => stream.WriteAsync(bytes, cancellation);

    protected override void Rewind()
    {
    }
}
