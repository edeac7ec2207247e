using Microsoft.Extensions.Logging;
using Swarm.Proxy.Swarmed;
using Swarm.Store;

namespace Swarm.Proxy.Tests.Swarmed;

/// <summary>What people hear of the store: one warning where they look, and on the status page what holds now.</summary>
public sealed class StoreNoticesTests
{
    [Fact]
    public void DiskFull_IsAWarning_AndGoneFromTheStatusOnceTheDiskHasRoom()
    {
        var log = new Lines();
        var notices = new StoreNotices(log);
        notices.Tell(new(StoreCondition.UncleanStart, "did not end cleanly"));
        notices.Tell(new(StoreCondition.DiskFull, "the disk is full"));
        Assert.Equal(["did not end cleanly", "the disk is full"], notices.Sentences());

        notices.Tell(new(StoreCondition.ReadOnly, "cannot be written"));
        Assert.Equal(["did not end cleanly", "cannot be written"], notices.Sentences());

        notices.Tell(new(StoreCondition.Ok, "blocks are kept again"));
        Assert.Equal(["did not end cleanly"], notices.Sentences());
        Assert.Equal(
            [(LogLevel.Warning, "did not end cleanly"), (LogLevel.Warning, "the disk is full"), (LogLevel.Warning, "cannot be written"), (LogLevel.Information, "blocks are kept again")],
            log.Written);
    }

    [Fact]
    public void EndlessNotices_AreBounded()
    {
        var notices = new StoreNotices(new Lines());
        for (var i = 0; i < 100; i++)
        {
            notices.Tell(new(StoreCondition.FileDamaged, $"file {i} vanished"));
        }

        Assert.Equal(8, notices.Sentences().Count);
        Assert.Equal("file 99 vanished", notices.Sentences()[^1]);
    }

    private sealed class Lines : ILogger
    {
        public List<(LogLevel Level, string Text)> Written { get; } = [];

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            Written.Add((logLevel, formatter(state, exception)));
    }
}
