using System.Security.Claims;
using ConnectionStateService.V1;
using Microsoft.AspNetCore.Authentication.Cookies;
using Microsoft.Extensions.FileProviders;

var builder = WebApplication.CreateBuilder(args);

// The platform's own key: ConnectionState:ApiKey, such as the environment variable ConnectionState__ApiKey. Its scope is tokens.issue.
builder.Services.AddConnectionStateClient().BindConfiguration("ConnectionState");
builder.Services
    .AddAuthentication(CookieAuthenticationDefaults.AuthenticationScheme)
    .AddCookie(cookie =>
    {
        (cookie.Cookie.Name, cookie.Cookie.SameSite) = ("platform-session", SameSiteMode.Strict);

        // The page shows its form; there is no other page to go to.
        cookie.Events.OnRedirectToLogin = context => Task.FromResult(context.Response.StatusCode = StatusCodes.Status401Unauthorized);
    });
builder.Services.AddAuthorization();

var app = builder.Build();
app.UseDefaultFiles();
app.UseStaticFiles();

// The page with <connectionstate-pages>, which needs no build. The element needs the origin of the service in two places of a Content-Security-Policy.
var service = app.Configuration["Page:ConnectionStateUrl"];
var embedded = new FileServerOptions
{
    FileProvider = new PhysicalFileProvider(Path.Combine(app.Environment.ContentRootPath, "embedded")),
    RequestPath = "/embedded",
};
embedded.StaticFileOptions.OnPrepareResponse = file => file.Context.Response.Headers.ContentSecurityPolicy =
    $"default-src 'none'; script-src 'self' {service}; connect-src 'self' {service}; style-src 'self'; require-trusted-types-for 'script'; form-action 'self'";
app.UseFileServer(embedded);
app.UseAuthentication();
app.UseAuthorization();

// FAKE: whoever asks is signed in, as whoever they say. Your platform checks a password here, and knows the user's merchant.
app.MapPost("/fake-sign-in", (SignIn signIn) => TypedResults.SignIn(
    new ClaimsPrincipal(new ClaimsIdentity(
        [new Claim("merchant", signIn.Merchant), new Claim(ClaimTypes.Name, signIn.User)], CookieAuthenticationDefaults.AuthenticationScheme))));

app.MapGet("/settings", () => new { url = service });

// The page asks at start and at 80 % of the token's lifetime. The merchant is that of the session, never one that the page names.
app.MapPost("/token", async (ClaimsPrincipal user, TokenService.TokenServiceClient tokens, CancellationToken cancellationToken) =>
{
    var merchantId = user.FindFirstValue("merchant");
    var issued = await tokens.IssueMerchantTokenAsync(
        new() { MerchantId = merchantId, Actor = user.Identity!.Name, Preset = TokenPreset.Screen }, cancellationToken: cancellationToken);
    return new { merchantId, token = issued.Token, expiresAt = issued.ExpiresAt.ToDateTimeOffset() };
}).RequireAuthorization();

app.Run();

/// <summary>Who signs in.</summary>
internal sealed record SignIn(string Merchant, string User);
