using System.Text;
using System.Text.Json;
using Swarm.Proxy.Cli;

namespace Swarm.Proxy.Observability;

/// <summary>
/// Log lines on stderr: plain sentences for people, or one JSON object a line. Stack traces stand in the JSON form alone.
/// </summary>
internal sealed class StderrLog(TextWriter output, LogFormat format, TimeProvider time) : ILoggerProvider
{
    private readonly TextWriter _output = TextWriter.Synchronized(output);

    public static ILoggerFactory CreateFactory(TextWriter output, LogFormat format, TimeProvider time) => LoggerFactory.Create(logging => logging
        .AddProvider(new StderrLog(output, format, time))
        .SetMinimumLevel(LogLevel.Warning)
        // A listener that cannot start is said once, by ProxyHost, in words.
        .AddFilter("Microsoft.Extensions.Hosting", LogLevel.None)
        .AddFilter("Swarm", format == LogFormat.Json ? LogLevel.Debug : LogLevel.Information));

    public ILogger CreateLogger(string categoryName) => new Logger(this, categoryName);

    public void Dispose()
    {
    }

    private void Write(LogLevel level, string category, EventId id, string message, Exception? exception) =>
        _output.WriteLine(format == LogFormat.Json ? Json(level, category, id, message, exception) : Plain(level, message, exception));

    private static string Plain(LogLevel level, string message, Exception? exception)
    {
        var line = level >= LogLevel.Warning ? "warning: " + message : message;
        return (exception is null ? line : $"{line} ({ErrorText.Of(exception)})").ReplaceLineEndings(" ");
    }

    private string Json(LogLevel level, string category, EventId id, string message, Exception? exception)
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            json.WriteString("time", time.GetUtcNow());
            json.WriteString("level", level.ToString().ToLowerInvariant());
            json.WriteString("category", category);
            json.WriteNumber("event", id.Id);
            json.WriteString("message", message);
            if (exception is not null)
            {
                json.WriteString("exception", exception.ToString());
            }

            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(buffer.GetBuffer(), 0, (int)buffer.Length);
    }

    private sealed class Logger(StderrLog log, string category) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel != LogLevel.None;

        public void Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            log.Write(logLevel, category, eventId, formatter(state, exception), exception);
    }
}
