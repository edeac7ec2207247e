using System.Globalization;
using Swarm.Http;
using Swarm.Proxy.Origin;
using Swarm.Proxy.Pump;

namespace Swarm.Proxy.Front;

/// <summary>An answer for which this program is the origin server: the request's conditions and ranges evaluated, status and fields set.</summary>
internal static class PlannedResponse
{
    /// <param name="mediaType">Of the representation.</param>
    /// <returns>What is left to send.</returns>
    public static PlannedBody Begin(HttpContext context, Representation representation, string mediaType, DateTimeOffset now)
    {
        var plan = ResponseSelection.Plan(context.Request.Method, RequestHeaders.Of(context.Request), representation, EvaluatorRole.OriginServer, now);
        var response = context.Response;
        response.StatusCode = plan.Status;
        var multipart = plan.IsMultipart ? new MultipartByteRanges(plan.Parts, representation.Length, mediaType, MultipartBody.NewBoundary()) : null;
        multipart?.Describe(plan.Fields);
        if (multipart is null && plan.Status is 200 or 206)
        {
            response.ContentType = mediaType;
        }

        foreach (var field in plan.Fields)
        {
            if (field.Name.Equals("Content-Length", StringComparison.OrdinalIgnoreCase))
            {
                response.ContentLength = long.Parse(field.Value, CultureInfo.InvariantCulture);
            }
            else
            {
                response.Headers.Append(field.Name, field.Value);
            }
        }

        return new(plan.Needs, multipart);
    }
}
