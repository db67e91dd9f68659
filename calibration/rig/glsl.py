"""The shaders: one look for people and rooms, and the depth, background and texture-space passes."""

# p posed position, n normal, uv texture place (an untextured part keeps its grain in uv.x), tone colour factor, ao 0…1
SCENE_VS = """#version 330
uniform mat4 VP, LVP; uniform vec3 move; in vec3 p; in vec3 n; in vec2 uv; in vec3 tone; in float ao;
out vec3 P; out vec3 N; out vec2 U; out vec3 T; out float O; out vec4 S;
void main(){ P=p+move; N=n; U=uv; T=tone; O=ao; S=LVP*vec4(P,1.); gl_Position=VP*vec4(P,1.); }"""

# Two point lights and a two-colour sky; light wraps round skin, more so its red
_LIGHT = """
uniform sampler2D tex, shadow; uniform int useTex, alphaMode, linearOut; uniform vec2 spread[TAPS];
uniform vec3 col, L1, C1, L2, C2, sky, gnd, eye, wrap; uniform float spec, gloss, expo, bias;
in vec3 P; in vec3 N; in vec2 U; in vec3 T; in float O; in vec4 S; out vec4 o;
float lit(){ vec3 s=S.xyz/S.w*.5+.5; float a=0.;
  for(int i=0;i<TAPS;i++) a+= texture(shadow,s.xy+spread[i]).r > s.z-bias ? 1. : 0.;
  return S.w<=0.||s.x<0.||s.y<0.||s.x>1.||s.y>1. ? 1. : a/float(TAPS); }
vec3 light(vec3 a, vec3 n, vec3 V){
  vec3 l1=normalize(L1-P), l2=normalize(L2-P), c1=C1/dot(L1-P,L1-P), c2=C2/dot(L2-P,L2-P);
  float q1=dot(n,l1), q2=dot(n,l2), s=lit(), skin=step(.1,wrap.r);
  vec3 k1=clamp((vec3(q1)+wrap)/(1.+wrap),0.,1.), k2=clamp((vec3(q2)+wrap)/(1.+wrap),0.,1.);
  vec3 sh=mix(vec3(s),sqrt(vec3(s,s*s,s*s)),skin), av=mix(vec3(O),vec3(sqrt(O),O,O),skin);
  vec3 amb=mix(gnd,sky,.5+.5*n.y), c=a*(amb*av+c1*k1*sh+c2*k2*mix(.35,1.,O)*av);
  float f=1.-max(0.,dot(n,V)), F=1.+6.*(.04+.96*f*f*f*f*f);
  return c+spec*F*(c1*s*pow(max(0.,dot(n,normalize(l1+V))),gloss)+c2*O*pow(max(0.,dot(n,normalize(l2+V))),gloss)
    +.06*O*mix(gnd,sky,.5+.5*reflect(-V,n).y)); }"""
_SHOWN = """
vec4 shown(vec3 c, float alpha){ if(linearOut>0) return vec4(c,alpha);
  c*=expo; c=c*(1.+c*.10)/(1.+c*.42); return vec4(pow(clamp(c,0.,1.),vec3(1./2.2)),alpha); }"""
_PERSON_MAIN = """
void main(){ vec4 t=useTex>0?texture(tex,U):vec4(1.); if(alphaMode>0 && t.a<.10) discard;
  vec3 a=(useTex>0?pow(t.rgb,vec3(2.2)):vec3(1.))*col*T, n=normalize(N), V=normalize(eye-P); if(dot(n,V)<0.) n=-n;
  o=shown(light(a,n,V),alphaMode>0?t.a:1.); }"""
# uv.x of the room's parts is their grain: streaks as of wood, or below 0 a part that gives light
_ROOM_MAIN = """
float h3(vec3 p){ return fract(sin(dot(p, vec3(12.9898,78.233,37.719)))*43758.5453); }
float vn(vec3 p){ vec3 i=floor(p), f=fract(p); f=f*f*(3.-2.*f);
  return mix(mix(mix(h3(i),h3(i+vec3(1,0,0)),f.x),mix(h3(i+vec3(0,1,0)),h3(i+vec3(1,1,0)),f.x),f.y),
    mix(mix(h3(i+vec3(0,0,1)),h3(i+vec3(1,0,1)),f.x),mix(h3(i+vec3(0,1,1)),h3(i+vec3(1,1,1)),f.x),f.y),f.z); }
void main(){ vec3 a=col*T, n=normalize(N), V=normalize(eye-P); if(dot(n,V)<0.) n=-n;
  a*=1.+max(U.x,0.)*(vn(P*vec3(9,60,9))+.6*vn(P*vec3(31,210,31))-.8);
  o=shown(U.x<0.?a:light(a,n,V),1.); }"""


def person_fs(taps: int) -> str:
    """Fragment shader of people, chair and desk: textures, soft shadow of so many samples."""
    return f"#version 330\n#define TAPS {taps}{_LIGHT}{_SHOWN}{_PERSON_MAIN}"


def room_fs() -> str:
    """Fragment shader of the room: grain, hard shadow."""
    return f"#version 330\n#define TAPS 1{_LIGHT}{_SHOWN}{_ROOM_MAIN}"


# The linear picture of the empty room and of the room with the person's shadow in it, blended, behind everything
QUAD_VS = "#version 330\nin vec2 p; out vec2 U; void main(){U=p*.5+.5; gl_Position=vec4(p,.99999,1);}"
QUAD_FS = f"""#version 330
uniform sampler2D empty, taken; uniform float k, expo; uniform int linearOut; in vec2 U; out vec4 o; {_SHOWN}
void main(){{ o=shown(mix(texture(empty,U).rgb,texture(taken,U).rgb,k),1.); }}"""

DEPTH_VS = """#version 330
uniform mat4 LVP; uniform vec3 move; in vec3 p; in vec2 uv; out vec2 U;
void main(){ U=uv; gl_Position=LVP*vec4(p+move,1.); }"""
DEPTH_FS = """#version 330
uniform sampler2D tex; uniform int alphaMode; in vec2 U;
void main(){ if(alphaMode>0 && texture(tex,U).a<.4) discard; }"""

# Texture space: where on the base mesh each texel lies
TEXEL_VS = """#version 330
in vec2 uv; in vec3 p; in float m; out vec3 P; out float M; void main(){P=p; M=m; gl_Position=vec4(uv*2.-1.,0,1);}"""
TEXEL_FS = """#version 330
in vec3 P; in float M; layout(location=0) out vec4 o; layout(location=1) out vec4 q;
void main(){ o=vec4(P,1.); q=vec4(M); }"""
