using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace Swarm.Proxy.Control;

/// <summary>Writes answers: JSON with its length, problems as RFC 9457.</summary>
internal static class Respond
{
    public static Task JsonAsync<T>(HttpContext context, T value, JsonTypeInfo<T> type, int status = StatusCodes.Status200OK) =>
        BytesAsync(context, JsonSerializer.SerializeToUtf8Bytes(value, type), "application/json", status);

    public static Task ProblemAsync(HttpContext context, Problem problem) =>
        BytesAsync(context, JsonSerializer.SerializeToUtf8Bytes(problem, ControlJson.Default.Problem), Problem.MediaType, problem.Status);

    public static Task BytesAsync(HttpContext context, ReadOnlyMemory<byte> body, string mediaType, int status = StatusCodes.Status200OK)
    {
        context.Response.StatusCode = status;
        context.Response.ContentType = mediaType;
        context.Response.ContentLength = body.Length;
        return HttpMethods.IsHead(context.Request.Method) ? Task.CompletedTask : context.Response.Body.WriteAsync(body, context.RequestAborted).AsTask();
    }
}
