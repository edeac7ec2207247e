using System.Globalization;
using Swarm.Core;
using Swarm.Http;
using Swarm.Proxy.Origin;

namespace Swarm.Proxy.Front;

/// <summary>An answer for which this program is the origin server: the request's conditions and ranges evaluated, status and fields set.</summary>
internal static class PlannedResponse
{
    /// <returns>What is left to send.</returns>
    public static ByteRange Begin(HttpContext context, Representation representation, DateTimeOffset now)
    {
        var plan = ResponseSelection.Plan(context.Request.Method, RequestHeaders.Of(context.Request), representation, EvaluatorRole.OriginServer, now);
        var response = context.Response;
        response.StatusCode = plan.Status;
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

        return plan.Body;
    }
}
